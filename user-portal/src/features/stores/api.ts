/** The directory of stores over the API. */

import { wanted, type Schemas } from "@/lib/api/client";
import { api } from "@/lib/session";

export type StoreListed = Schemas["StoreListed"];
export type StorePage = Schemas["StorePage"];
export type Assistant = Schemas["AssistantListed"];

export interface Sought {
  search: string;
  /** Only those that are open now. */
  open: boolean;
}

/** GET /user/stores, a part of it. */
export const stores = ({ search, open }: Sought, after: string) =>
  wanted(api.GET("/user/stores", { params: { query: { search, after, ...(open && { open }) } } }));

/** GET /user/stores/{slug} */
export const store = (slug: string) => wanted(api.GET("/user/stores/{slug}", { params: { path: { slug } } }));
