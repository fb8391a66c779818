import * as SecureStore from "expo-secure-store";
import type { Kept, Vault } from "./session";

const KEY = "storeline.session";
// Neither in a backup nor on another device; readable while a call goes on behind a locked screen.
const OPTIONS = { keychainAccessible: SecureStore.AFTER_FIRST_UNLOCK_THIS_DEVICE_ONLY };

/** On devices: the Keychain, or the Keystore. */
export const vault: Vault = {
  async read() {
    const kept = await SecureStore.getItemAsync(KEY, OPTIONS);
    return kept ? (JSON.parse(kept) as Kept) : null;
  },
  async write(kept) {
    await SecureStore.setItemAsync(KEY, JSON.stringify(kept), OPTIONS);
  },
  async clear() {
    await SecureStore.deleteItemAsync(KEY, OPTIONS);
  },
};
