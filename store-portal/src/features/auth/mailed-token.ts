import { useEffect, useState } from "react";

/** The token that a mailed link carries behind the `#`, where no server logs it. It leaves the address bar at once. */
export function useMailedToken(): string | null {
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get("token"));
  useEffect(() => {
    history.replaceState(history.state, "", location.pathname);
  }, []);
  return token;
}
