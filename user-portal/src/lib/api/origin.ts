/** Where the User API is: named when the app is built; `make run`'s own address otherwise. */
export const ORIGIN = process.env.EXPO_PUBLIC_API_ORIGIN ?? "http://user.localhost:8080";
