import { setupServer } from "msw/node";

/** The Store API, as each test has it answer. */
export const server = setupServer();
