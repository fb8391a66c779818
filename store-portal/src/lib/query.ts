import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./api/errors";

const TRIES = 2;

/** What was read is fresh for a moment; what fails in passing is tried once more, and then the screen says so. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // A machine of one's own answers without the internet, too.
      networkMode: "always",
      retry: (failures, error) => failures < TRIES - 1 && error instanceof ApiError && error.passing,
      retryDelay: 800,
    },
    mutations: { networkMode: "always" },
  },
});
