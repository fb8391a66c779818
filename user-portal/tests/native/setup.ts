/** A network in place of a device's own. */

import dns from "node:dns";
import { runInThisContext } from "node:vm";

const { lookup } = dns;
type Lookup = (host: string, ...rest: unknown[]) => void;
// Names below .localhost are this machine (RFC 6761, 6.3), which not every resolver knows.
const here: Lookup = (host, ...rest) => (lookup as Lookup)(host.endsWith(".localhost") ? "localhost" : host, ...rest);
dns.lookup = here as typeof lookup;

// Expo's is a native module.
for (const name of ["fetch", "Request", "Response", "Headers"]) {
  Object.assign(globalThis, { [name]: runInThisContext(name) as unknown });
}
