/** A network between the browser and the server that tests can cut: it carries the packets and sockets of calls. */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer } from "node:net";

/** Sends on what a page's calls send, to wherever the server's offers and addresses have said. */
export class Network {
  #sockets = /** @type {import("node:dgram").Socket[]} */ ([]);
  /** Both ends of each stream. */
  #streams = /** @type {Set<import("node:net").Socket>} */ (new Set());
  #wires = createServer();
  #cut = false;
  /** Whether no packet gets through, whatever becomes of sockets. */
  silenced = false;

  /**
   * Stand between a page and the server, for every call from now on.
   * @param {import("puppeteer-core").Page} page
   */
  static async before(page) {
    const network = new Network();
    await page.exposeFunction("carriedBy", (/** @type {string} */ host, /** @type {number} */ port) =>
      network.#carry(host, port),
    );
    await page.evaluateOnNewDocument(callThroughIt);
    return network;
  }

  /**
   * Stand before the server's websockets, too. They come from another port, which the page's policy does not know.
   * @param {import("puppeteer-core").Page} page
   * @param {string} origin the server's
   */
  async carrySockets(page, origin) {
    await page.setBypassCSP(true);
    await page.evaluateOnNewDocument(socketsThroughIt, await this.#wire(Number(new URL(origin).port)));
  }

  /** @param {boolean} cut */
  set cut(cut) {
    this.#cut = cut;
    if (cut) for (const stream of this.#streams) stream.resetAndDestroy();
  }

  close() {
    for (const socket of this.#sockets) socket.close();
    for (const stream of this.#streams) stream.destroy();
    this.#wires.close();
  }

  /**
   * Return a port of this machine behind which is another one.
   * @param {number} port
   */
  async #wire(port) {
    this.#wires.on("connection", (near) => {
      if (this.#cut) return near.resetAndDestroy();
      const far = connect(port, "127.0.0.1");
      for (const [end, other] of [
        [near, far],
        [far, near],
      ]) {
        this.#streams.add(end);
        end.pipe(other);
        end.on("error", () => other.destroy());
        end.on("close", () => this.#streams.delete(end));
      }
    });
    this.#wires.listen(0, "127.0.0.1");
    await once(this.#wires, "listening");
    return /** @type {import("node:net").AddressInfo} */ (this.#wires.address()).port;
  }

  /**
   * Return a port of this machine that stands for the server's.
   * @param {string} host
   * @param {number} port
   */
  async #carry(host, port) {
    const ear = await this.#open(host);
    /** @type {Map<number, Promise<import("node:dgram").Socket>>} A socket for each of the page's, by its port. */
    const mouths = new Map();
    ear.on("message", async (packet, { address, port: from }) => {
      if (!mouths.has(from)) {
        mouths.set(
          from,
          this.#open(host).then((mouth) =>
            mouth.on("message", (answer) => this.#cut || this.silenced || ear.send(answer, from, address)),
          ),
        );
      }
      const mouth = await mouths.get(from);
      if (!this.#cut && !this.silenced) mouth?.send(packet, port, host);
    });
    return ear.address().port;
  }

  /**
   * Open a socket at the server's own address, so that nobody else reaches it.
   * @param {string} host
   */
  async #open(host) {
    const socket = createSocket("udp4");
    this.#sockets.push(socket);
    await new Promise((bound) => socket.bind(0, host, () => bound(undefined)));
    return socket;
  }
}

/** Runs in the page: the server's first address over UDP is replaced by ours, and it has no other. */
function callThroughIt() {
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  /** @type {(this: RTCPeerConnection, description: RTCSessionDescriptionInit) => Promise<void>} */
  const carried = async function (description) {
    const lines = (description.sdp ?? "").split("\r\n");
    const candidate = /^a=candidate:(\S+ \d+ udp \d+) (\d+\.\d+\.\d+\.\d+) (\d+) typ host.*$/i;
    const first = lines.map((line) => candidate.exec(line)).find(Boolean);
    if (!first) throw new Error("the server has no address");
    const [, about, host, port] = first;
    const ours = `a=candidate:${about} ${host} ${await /** @type {any} */ (window).carriedBy(host, Number(port))} typ host`;
    let given = false;
    const sdp = lines
      .flatMap((line) => {
        if (!line.startsWith("a=candidate:")) return [line];
        if (given || !candidate.test(line)) return [];
        given = true;
        return [ours];
      })
      .join("\r\n");
    return Reflect.apply(set, this, [{ type: description.type, sdp }]);
  };
  Object.assign(RTCPeerConnection.prototype, { setRemoteDescription: carried });
  // Nor is the server told of a way around us.
  Object.defineProperty(RTCPeerConnection.prototype, "onicecandidate", { set() {} });
  const local = Object.getOwnPropertyDescriptor(RTCPeerConnection.prototype, "localDescription");
  Object.defineProperty(RTCPeerConnection.prototype, "localDescription", {
    get() {
      const { type, sdp } = local?.get?.call(this) ?? {};
      return type && new RTCSessionDescription({ type, sdp: sdp.replaceAll(/^a=candidate:.*\r\n/gm, "") });
    },
  });
}

/**
 * Runs in the page: websockets are opened at our port.
 * @param {number} port
 */
function socketsThroughIt(port) {
  window.WebSocket = class extends WebSocket {
    /**
     * @param {string | URL} url
     * @param {string | string[]} [protocols]
     */
    constructor(url, protocols) {
      super(Object.assign(new URL(url), { port: String(port) }), protocols);
    }
  };
}
