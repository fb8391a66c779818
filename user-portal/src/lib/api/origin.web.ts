/** In a browser the User API's host serves the app itself. */
export const ORIGIN = window.location.origin;
