/** What stands for the device in tests. */

const mockKept = new Map<string, string>();

jest.mock("expo-secure-store", () => ({
  AFTER_FIRST_UNLOCK_THIS_DEVICE_ONLY: 1,
  getItem: (name: string) => mockKept.get(name) ?? null,
  setItem: (name: string, text: string) => void mockKept.set(name, text),
  getItemAsync: async (name: string) => mockKept.get(name) ?? null,
  setItemAsync: async (name: string, text: string) => void mockKept.set(name, text),
  deleteItemAsync: async (name: string) => void mockKept.delete(name),
}));

beforeEach(() => mockKept.clear());
