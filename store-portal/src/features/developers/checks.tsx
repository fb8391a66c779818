import type { ComponentProps } from "react";
import { Checkbox } from "@/components/ui/field";

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
          <Checkbox key={value} value={value} {...box}>
            {label}
          </Checkbox>
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
