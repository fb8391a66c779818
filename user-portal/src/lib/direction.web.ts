/** Languages that are written from right to left. */
const TURNED = new Set(["ar", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"]);

/** Whether screens run from right to left, as the browser's language does. */
export const RIGHT_TO_LEFT: boolean = TURNED.has(new Intl.Locale(navigator.language).language);

/** What the outermost view is told of it. */
export const DIRECTION: object = { dir: RIGHT_TO_LEFT ? "rtl" : "ltr" };

/** Where lines of text begin. A browser judges by the words of each, which are English. */
export const START: "left" | "right" = RIGHT_TO_LEFT ? "right" : "left";

document.documentElement.dir = RIGHT_TO_LEFT ? "rtl" : "ltr";
