import { useState } from "react";
import { inWords } from "@/lib/api/problem";

/** Something that a button does: whether it is under way, and why it failed. */
export function useAction<Args extends unknown[]>(action: (...args: Args) => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  async function run(...args: Args): Promise<void> {
    setBusy(true);
    setProblem(null);
    try {
      await action(...args);
    } catch (error) {
      setProblem(inWords(error));
    } finally {
      setBusy(false);
    }
  }
  return { run: (...args: Args) => void run(...args), busy, problem };
}
