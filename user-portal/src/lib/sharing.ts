import { Share } from "react-native";

/** Hand a text to another app. */
export async function share(title: string, text: string): Promise<"shared" | "saved"> {
  await Share.share({ title, message: text });
  return "shared";
}
