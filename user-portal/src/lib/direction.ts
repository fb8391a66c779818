import { I18nManager } from "react-native";

/** Whether screens run from right to left, as the system's language does. */
export const RIGHT_TO_LEFT: boolean = I18nManager.isRTL;

/** What the outermost view is told of it. */
export const DIRECTION: object = {};

/** Where lines of text begin. Devices turn "left" round themselves. */
export const START: "left" | "right" = "left";
