import { linking } from "@/app/links";

test.each(["store/marlow-garden", "stores/marlow-garden"])("storeline://%s leads to that store", (path) => {
  const state = linking.getStateFromPath?.(path, linking.config);
  expect(state?.routes.map(({ name }) => name)).toEqual(["Home", "Store"]);
  expect(state?.routes.at(-1)?.params).toEqual({ slug: "marlow-garden" });
});
