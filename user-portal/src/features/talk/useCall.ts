import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useKeepAwake } from "expo-keep-awake";
import { session } from "@/lib/session";
import { start } from "./api";
import { Call, type State } from "./call";
import { openFallback, openLine } from "./line";

const AROUND = { openLine, openFallback, start, renew: () => session.renew() };

/** A call that begins with the screen and ends with it. */
export function useCall(store: string, assistant: string | undefined, handsFree: boolean): [Call, State] {
  useKeepAwake();
  const [call] = useState(() => new Call({ store, ...(assistant && { assistant }) }, AROUND, { muted: !handsFree }));
  const opened = useRef(false);
  useEffect(() => {
    if (!opened.current) void call.open();
    opened.current = true;
    return () => void call.hangUp();
  }, [call]);
  return [call, useSyncExternalStore(call.subscribe, () => call.state)];
}
