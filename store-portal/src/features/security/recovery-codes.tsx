import { Copy } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { useTell } from "@/components/ui/tell";

/** Shown once. */
export function RecoveryCodes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const tell = useTell();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(codes.join("\n"));
      tell({ text: "Copied." });
    } catch {
      tell({ text: "This browser does not let us copy them.", tone: "danger" });
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title="Recovery codes"
      about="Write them down: each lets you in once when the app or the passkey is lost. They are shown only now."
    >
      <ul className="grid gap-1 rounded-xl bg-sunken p-4 font-mono text-sm">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <DialogButtons>
        <Button onClick={copy}>
          <Copy aria-hidden />
          Copy
        </Button>
        <Button look="primary" onClick={onClose}>
          I have them
        </Button>
      </DialogButtons>
    </Dialog>
  );
}
