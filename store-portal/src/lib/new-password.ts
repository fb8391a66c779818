import * as z from "zod";

/** The server also refuses what is easy to guess. */
export const newPassword = z.string().min(10, "At least 10 characters.").max(128, "At most 128 characters.");

export const PASSWORD_HINT = "At least 10 characters; a few words are easier to remember than to guess.";
