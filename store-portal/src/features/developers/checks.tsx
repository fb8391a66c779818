import type { ComponentProps } from "react";

interface ChecksProps extends ComponentProps<"input"> {
  legend: string;
  options: { value: string; label: string }[];
  error?: string | undefined;
}

/** Any of a few; the rest of the props goes to each box, as react-hook-form registers it. */
export function Checks({ legend, options, error, ...box }: ChecksProps) {
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1.5 text-sm font-medium">{legend}</legend>
      <div className="grid gap-x-4 gap-y-2 sm:grid-cols-2">
        {options.map(({ value, label }) => (
          <label key={value} className="flex items-center gap-2.5 text-sm">
            <input type="checkbox" value={value} {...box} className="size-4 shrink-0 accent-brand" />
            {label}
          </label>
        ))}
      </div>
      {error && (
        <p role="alert" className="text-sm text-danger">
          {error}
        </p>
      )}
    </fieldset>
  );
}
