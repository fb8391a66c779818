/** What stands for the device in tests. */

import { configure } from "@testing-library/react-native";

const mockKept = new Map<string, string>();

jest.mock("expo-secure-store", () => ({
  AFTER_FIRST_UNLOCK_THIS_DEVICE_ONLY: 1,
  getItem: (name: string) => mockKept.get(name) ?? null,
  setItem: (name: string, text: string) => void mockKept.set(name, text),
  getItemAsync: async (name: string) => mockKept.get(name) ?? null,
  setItemAsync: async (name: string, text: string) => void mockKept.set(name, text),
  deleteItemAsync: async (name: string) => void mockKept.delete(name),
}));

// A machine that builds and tests at once is slow, and no test waits for nothing.
configure({ asyncUtilTimeout: 20_000 });
beforeEach(() => mockKept.clear());
