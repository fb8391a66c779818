import { Plus } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { ListProblem, type ListError } from "./list-problem";

interface ListCardProps {
  title: string;
  about: string;
  /** What the button that adds one says. */
  add: string;
  onAdd: () => void;
  items: { id: string }[];
  most: number;
  /** What is wrong with the list as a whole. */
  error?: ListError | undefined;
  children: (index: number) => ReactNode;
}

/** A list of the form: what it is for, a button that adds one, and each of them. */
export function ListCard({ title, about, add, onAdd, items, most, error, children }: ListCardProps) {
  return (
    <Card>
      <CardHeader title={title} about={about}>
        <Button size="small" disabled={items.length >= most} onClick={onAdd}>
          <Plus aria-hidden />
          {add}
        </Button>
      </CardHeader>
      <ListProblem error={error} />
      {items.length > 0 && (
        <ul className="divide-y border-t">
          {items.map(({ id }, index) => (
            <li key={id} className="px-5 py-4">
              {children(index)}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
