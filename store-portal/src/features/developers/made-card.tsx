import type { UseQueryResult } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Dialog } from "@/components/ui/dialog";
import { Listed } from "./listed";

interface MadeCardProps<Item> {
  title: string;
  about: string;
  query: UseQueryResult<Item[]>;
  /** What is said when there are none. */
  empty: string;
  row: (item: Item) => ReactNode;
  /** What its button says, and its dialog. */
  make: string;
  aboutMaking?: string;
  form: (onDone: () => void) => ReactNode;
}

/** Things that a store makes for its programs and pages: a list of them, and a form for another one. */
export function MadeCard<Item extends { id: string }>(props: MadeCardProps<Item>) {
  const { title, about, query, empty, row, make, aboutMaking, form } = props;
  const [making, setMaking] = useState(false);
  return (
    <Card>
      <CardHeader title={title} about={about}>
        <Button
          onClick={() => {
            setMaking(true);
          }}
        >
          <Plus aria-hidden />
          {make}
        </Button>
      </CardHeader>
      <Listed query={query} empty={empty}>
        {row}
      </Listed>
      <Dialog open={making} onOpenChange={setMaking} title={make} about={aboutMaking}>
        {form(() => {
          setMaking(false);
        })}
      </Dialog>
    </Card>
  );
}
