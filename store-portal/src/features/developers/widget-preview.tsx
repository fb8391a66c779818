import { useEffect } from "react";

/** The button as visitors see it, in the corner of this page. Pressed, it calls as on theirs. */
export function WidgetPreview({ widgetKey }: { widgetKey: string }) {
  useEffect(() => {
    const script = document.createElement("script");
    script.src = "/widget.js";
    script.dataset["widget"] = widgetKey;
    document.body.append(script);
    return () => {
      script.remove();
      // Whoever talks is hung up on: it notices that it is in no page any more.
      for (const widget of document.querySelectorAll("storeline-widget")) widget.remove();
    };
  }, [widgetKey]);
  return (
    <p role="status" className="text-sm text-muted">
      It is in the lower right corner, as on your own pages. It speaks as your assistant does to callers: as published.
    </p>
  );
}
