import { fireEvent, render, screen, waitFor } from "@testing-library/react-native";
import { SafeAreaProvider } from "react-native-safe-area-context";
import { Welcome } from "@/features/account/Welcome";
import { session } from "@/lib/session";
import { tokens } from "../tokens";

const METRICS = { frame: { x: 0, y: 0, width: 390, height: 844 }, insets: { top: 0, left: 0, right: 0, bottom: 0 } };
const asked: [string, unknown][] = [];
const answers: [number, unknown][] = [];

beforeEach(() => {
  asked.length = answers.length = 0;
  jest.spyOn(globalThis, "fetch").mockImplementation(async (request) => {
    const { url, json } = request as Request;
    asked.push([new URL(url).pathname, await json.call(request)]);
    const answer = answers.shift();
    if (!answer) throw new Error(`nothing was prepared for ${url}`);
    return new Response(JSON.stringify(answer[1]), {
      status: answer[0],
      headers: { "Content-Type": "application/json" },
    });
  });
});

function show(mode: "login" | "signup") {
  render(
    <SafeAreaProvider initialMetrics={METRICS}>
      <Welcome mode={mode} onOther={() => {}} onForgot={() => {}} />
    </SafeAreaProvider>,
  );
}

test("A second factor is asked for after the password, and its code signs in", async () => {
  const challenge = { challenge: "c", expires_at: "2030-01-01T00:00:00Z", methods: ["totp"], passkey: null };
  answers.push([200, { second_factor: challenge }], [200, tokens(1)]);
  show("login");
  fireEvent.changeText(screen.getByLabelText("Email"), "robin@storeline.example");
  fireEvent.changeText(screen.getByLabelText("Password"), "four words of ours");
  fireEvent.press(screen.getByRole("button", { name: "Log in" }));
  fireEvent.changeText(await screen.findByLabelText("Code"), "123456");
  fireEvent.press(screen.getByRole("button", { name: "Continue" }));
  await waitFor(() => expect(session.status).toBe("signed-in"));
  expect(asked[1]).toEqual(["/user/auth/login/second-factor", { method: "totp", challenge: "c", code: "123456" }]);
});

test("A refusal is shown, and announced, in the server's words", async () => {
  answers.push([409, { error: { code: "email_taken", message: "There is an account with this address." } }]);
  show("signup");
  fireEvent.changeText(screen.getByLabelText("Name"), "Robin");
  fireEvent.changeText(screen.getByLabelText("Email"), "robin@storeline.example");
  fireEvent.changeText(screen.getByLabelText("Password"), "four words of ours");
  fireEvent.press(screen.getByRole("button", { name: "Create account" }));
  expect(await screen.findByText("There is an account with this address.")).toBeTruthy();
  expect(screen.UNSAFE_getByProps({ role: "alert", "aria-live": "assertive" })).toBeTruthy();
});
