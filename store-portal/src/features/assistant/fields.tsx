import { useFormContext } from "react-hook-form";
import { Card, CardHeader } from "@/components/ui/card";
import { Checkbox, Field, Input, Select, Textarea } from "@/components/ui/field";
import { DAYS, type Form } from "./content";
import { Spans } from "./spans";

const ZONES = Intl.supportedValuesOf("timeZone");

const PACES = [
  { rate: "0.8", label: "Slow" },
  { rate: "0.9", label: "A little slower" },
  { rate: "1", label: "Normal" },
  { rate: "1.1", label: "A little faster" },
  { rate: "1.25", label: "Fast" },
];

/** How it sounds. */
export function SpeechCard() {
  const { register, formState } = useFormContext<Form>();
  const { errors, defaultValues } = formState;
  // Programs can choose a pace between these.
  const chosen = defaultValues?.speaking_rate ?? "1";
  return (
    <Card>
      <CardHeader title="How it speaks" />
      <div className="grid gap-4 px-5 pb-5">
        <Field label="Name" error={errors.name?.message}>
          {(wiring) => <Input {...wiring} {...register("name")} autoComplete="off" />}
        </Field>
        <Field label="Greeting" hint="The first words of every call." error={errors.greeting?.message}>
          {(wiring) => <Input {...wiring} {...register("greeting")} autoComplete="off" />}
        </Field>
        <Field label="Character" hint="How it should come across: warm, brief, funny…" error={errors.persona?.message}>
          {(wiring) => <Textarea {...wiring} {...register("persona")} rows={2} />}
        </Field>
        <Field
          label="Instructions"
          hint="Rules and background for the language model. Prices and facts belong into Knowledge."
          error={errors.instructions?.message}
        >
          {(wiring) => <Textarea {...wiring} {...register("instructions")} rows={5} />}
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Patience" hint="How long it waits before it answers.">
            {(wiring) => (
              <Select {...wiring} {...register("turn_profile")} className="w-full">
                <option value="patient">Patient</option>
                <option value="normal">Normal</option>
                <option value="snappy">Snappy</option>
              </Select>
            )}
          </Field>
          <Field label="Pace" hint="Of the voice.">
            {(wiring) => (
              <Select {...wiring} {...register("speaking_rate")} className="w-full">
                {PACES.map(({ rate, label }) => (
                  <option key={rate} value={rate}>
                    {label}
                  </option>
                ))}
                {!PACES.some(({ rate }) => rate === chosen) && <option value={chosen}>{chosen} of normal</option>}
              </Select>
            )}
          </Field>
        </div>
      </div>
    </Card>
  );
}

/** When the store is open, and what happens else. */
export function HoursCard() {
  const { register } = useFormContext<Form>();
  return (
    <Card>
      <CardHeader title="Opening hours" about="The assistant computes from these; it never guesses." />
      <div className="grid gap-4 px-5 pb-5 *:min-w-0">
        <div className="grid gap-2 *:min-w-0">
          {DAYS.map(({ day, label }) => (
            <Day key={day} day={day} label={label} />
          ))}
        </div>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Time zone">
            {(wiring) => (
              <Select {...wiring} {...register("time_zone")} className="w-full">
                {["UTC", ...ZONES.filter((zone) => zone !== "UTC")].map((zone) => (
                  <option key={zone}>{zone}</option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="When you are closed">
            {(wiring) => (
              <Select {...wiring} {...register("after_hours")} className="w-full">
                <option value="answer">Answer as always</option>
                <option value="take_message">Say so, and take a message</option>
                <option value="end">Say when you open, and hang up</option>
              </Select>
            )}
          </Field>
        </div>
      </div>
    </Card>
  );
}

function Day({ day, label }: { day: string; label: string }) {
  return (
    <fieldset className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-2 rounded-lg py-1">
      <legend className="float-left w-24 text-sm font-medium">{label}</legend>
      <Spans name={`hours.${day}`} label={label} />
    </fieldset>
  );
}

const TOOLS = [
  { value: "lookup_knowledge", label: "Look things up in your knowledge" },
  { value: "opening_hours", label: "Tell opening hours" },
  { value: "take_message", label: "Take messages" },
  { value: "transfer_call", label: "Hand calls over (telephone)" },
  { value: "end_conversation", label: "Hang up after a goodbye" },
];

/** What it may do. */
export function AnswersCard() {
  const { register } = useFormContext<Form>();
  return (
    <Card>
      <CardHeader title="What it may do" about="What is not chosen does not exist for its conversations." />
      <div className="grid gap-2.5 px-5 pb-5">
        {TOOLS.map(({ value, label }) => (
          <Checkbox key={value} value={value} {...register("tools")}>
            {label}
          </Checkbox>
        ))}
      </div>
    </Card>
  );
}

/** Who may call, and for how long. */
export function RulesCard() {
  const { register, formState } = useFormContext<Form>();
  return (
    <Card>
      <CardHeader title="Who may call" />
      <div className="grid gap-3 px-5 pb-5">
        <Checkbox {...register("open_to_users")}>People with the app</Checkbox>
        <Checkbox {...register("open_to_callers")}>
          Callers without an account: telephone, and visitors of your pages
        </Checkbox>
        <Field
          label="Longest call, in minutes"
          hint="Empty for the server's own limit."
          error={formState.errors.max_minutes?.message}
          className="max-w-60"
        >
          {(wiring) => <Input {...wiring} {...register("max_minutes")} inputMode="numeric" autoComplete="off" />}
        </Field>
      </div>
    </Card>
  );
}
