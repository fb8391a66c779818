/** On devices a link's fragment is a part of it already. */
export const fragment = (): string => "";
