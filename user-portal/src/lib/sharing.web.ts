/** Hand a text to another app, where the browser can; otherwise save it as a file. */
export async function share(title: string, text: string): Promise<"shared" | "saved"> {
  const shared = { title, text };
  if (navigator.canShare?.(shared) && navigator.maxTouchPoints > 0) {
    await navigator.share(shared);
    return "shared";
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = `${title}.txt`;
  link.click();
  URL.revokeObjectURL(link.href);
  return "saved";
}
