import { queryOptions } from "@tanstack/react-query";
import { api, wanted } from "@/lib/api/client";

/** Confirm an address by a mailed link, once: it is good for one time. */
export const verifyEmail = (token: string) =>
  queryOptions({
    queryKey: ["verify-email", token],
    queryFn: async () => {
      await wanted(api.POST("/store/auth/email/verify", { body: { token } }));
      return true;
    },
    retry: false,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
