/** Undefined where a page is not secure: https, or a name below .localhost. */
export const devices = navigator.mediaDevices;
