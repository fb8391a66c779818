export interface ListError {
  message?: string;
  root?: { message?: string };
}

/** What is wrong with a list, or one in it, as a whole. */
export function ListProblem({ error }: { error: ListError | undefined }) {
  const message = error?.root?.message ?? error?.message;
  return (
    message && (
      <p role="alert" className="mx-5 mb-4 rounded-lg bg-danger-soft px-3 py-2 text-sm text-danger in-[fieldset]:m-0">
        {message}
      </p>
    )
  );
}
