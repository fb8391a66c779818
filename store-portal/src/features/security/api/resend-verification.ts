import { useMutation } from "@tanstack/react-query";
import { api, wanted } from "@/lib/api/client";

/** Have the link that confirms the address mailed again. */
export const resendVerification = () => wanted(api.POST("/store/auth/email/resend"));

export const useResendVerification = () => useMutation({ mutationFn: resendVerification });
