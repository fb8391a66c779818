import * as z from "zod";

const day = z.iso.date().optional().catch(undefined);

/** What the list shows, as it stands in the address. */
export const filters = z.object({
  q: z.string().trim().min(1).max(200).optional().catch(undefined),
  channel: z
    .string()
    .regex(/^[a-z]{1,20}$/)
    .optional()
    .catch(undefined),
  outcome: z
    .string()
    .regex(/^[a-z][a-z_]{0,49}$/)
    .optional()
    .catch(undefined),
  from: day,
  to: day,
});

export type Filters = z.infer<typeof filters>;

/** The filters that are set, as a query. */
export function queryOf(chosen: { [Name in keyof Filters]: string | null | undefined }): Record<string, string> {
  return Object.fromEntries(Object.entries(chosen).filter((each): each is [string, string] => Boolean(each[1])));
}
