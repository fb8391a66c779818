import * as SecureStore from "expo-secure-store";

/** Small things to remember on this device that are no secrets: preferences, and where one was last. */
export const notes = {
  read: (name: string): string | null => SecureStore.getItem(`storeline.${name}`),
  write: (name: string, text: string): void => SecureStore.setItem(`storeline.${name}`, text),
  forget: (name: string): void => void SecureStore.deleteItemAsync(`storeline.${name}`),
};
