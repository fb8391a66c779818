/**
 * Storeline's website widget: a button with which a visitor talks to a store's assistant, over WebRTC.
 *
 *     <script src="https://store.example/widget.js" data-widget="slw_…" async></script>
 *
 * It needs no library, stores nothing, and lives in a shadow root, so that neither the page's styles nor its own get in
 * each other's way. A page with a content security policy has to allow this script's host in `script-src` and
 * `connect-src`. It speaks RTVI on the data channel: https://docs.pipecat.ai/client/rtvi-standard
 */
(() => {
  "use strict";

  const script = document.currentScript;
  const key = script?.dataset.widget;
  if (!key) {
    console.error("Storeline: the script needs data-widget, the key of a widget.");
    return;
  }
  const host = new URL(script.src).origin;

  const GATHER_MS = 2000;
  const CONNECT_MS = 15000;
  const PING_MS = 1000;
  const AGAIN_MS = 1000;

  const LABELS = { idle: "Talk to us", connecting: "Cancel", talking: "Hang up" };
  const TALKING = ["listening", "speaking", "away"];
  const SAYS = {
    idle: "",
    connecting: "Connecting…",
    listening: "Listening.",
    speaking: "Speaking…",
    away: "The line was lost. Connecting again…",
    ended: "The conversation is over.",
  };
  /** What went wrong, in words for visitors: by the code of the server's refusal, or the browser's error. */
  const PROBLEMS = {
    NotAllowedError: "Your browser does not let this page use the microphone. Allow it, and try again.",
    NotFoundError: "There is no microphone.",
    NotReadableError: "Another program is using the microphone.",
    no_assistant: "Nobody answers here at the moment.",
    capacity_reached: "All lines are taken. Please try again in a moment.",
    store_busy: "All lines are taken. Please try again in a moment.",
    store_minutes_used: "We take no more calls today. Please try tomorrow.",
    too_many_calls: "Somebody on your network is talking to us already. Please try again later.",
    too_many_attempts: "That was too often. Please wait a little.",
    not_connected: "Your network does not let the conversation through.",
  };
  const OTHERWISE = "That did not work. Please try again.";
  const NORMAL_END = 1000;
  // The conversation goes on in another process. docs/clients.md lists the codes.
  const HANDED_OFF = 4008;
  const ENDINGS = {
    4003: "The time for this conversation is over.",
    4004: "The conversation is over, for nobody spoke.",
    4006: "We take no more calls today.",
    4007: "We are closed now.",
    lost: "The line was lost, and with it the conversation.",
  };

  const STYLE = `
    :host { all: initial; position: fixed; right: 16px; bottom: 16px; z-index: 2147483000; }
    .box { display: flex; flex-direction: column; align-items: flex-end; gap: 8px; max-width: min(320px, 90vw);
      font: 15px/1.4 system-ui, sans-serif; color: #1b1b1b; }
    .panel { background: #fff; border: 1px solid #767676; border-radius: 10px; padding: 10px 12px; width: 100%;
      box-sizing: border-box; box-shadow: 0 4px 16px rgb(0 0 0 / 20%); }
    .panel[hidden] { display: none; }
    .status { margin: 0; font-weight: 600; }
    .lines { margin: 6px 0 0; padding: 0; list-style: none; max-height: 180px; overflow-y: auto; }
    .lines li { margin-top: 4px; overflow-wrap: anywhere; }
    .lines .you { color: #565656; }
    button { font: inherit; font-weight: 600; min-height: 44px; padding: 10px 18px; border: 2px solid #fff;
      border-radius: 24px; background: #14532d; color: #fff; cursor: pointer; box-shadow: 0 2px 10px rgb(0 0 0 / 30%); }
    button:hover { background: #0f3f22; }
    button:focus-visible { outline: 3px solid #1d4ed8; outline-offset: 2px; }
    :host(:is([data-state="listening"], [data-state="speaking"], [data-state="away"])) button { background: #991b1b; }
    @media (prefers-color-scheme: dark) {
      .panel { background: #1c1c1c; color: #f2f2f2; border-color: #8a8a8a; }
      .lines .you { color: #b8b8b8; }
    }`;

  /** @param {string} name @param {Record<string, string>} attributes @param {Node[]} children */
  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
    made.append(...children);
    return made;
  }

  const place = document.createElement("storeline-widget");
  const status = element("p", { class: "status", role: "status" });
  const lines = element("ol", { class: "lines", role: "log", "aria-label": "Captions", tabindex: "0" });
  const panel = element("div", { class: "panel", hidden: "" }, status, lines);
  const button = element("button", { type: "button" });
  const root = place.attachShadow({ mode: "open" });
  // A stylesheet made by script needs no 'unsafe-inline', as a <style> would.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  root.append(element("div", { class: "box", role: "region", "aria-label": "Talk to the store" }, panel, button));

  /** @param {string} state @param {string} [words] */
  function show(state, words = SAYS[state]) {
    place.dataset.state = state;
    status.textContent = words;
    panel.hidden = state === "idle";
    button.textContent = LABELS[state] ?? (TALKING.includes(state) ? LABELS.talking : LABELS.idle);
  }

  class Captions {
    /** Who speaks in the last line, and whether it may still change. */
    #speaker = "";
    #open = false;

    clear() {
      lines.replaceChildren();
      this.#speaker = "";
    }

    /** @param {"you" | "assistant"} speaker @param {string} text @param {{more: boolean}} how */
    add(speaker, text, { more }) {
      const last = lines.lastElementChild;
      if (last && this.#open && this.#speaker === speaker) {
        last.lastChild.textContent = speaker === "you" ? text : `${last.lastChild.textContent} ${text}`;
      } else {
        const who = element("b", {}, new Text(speaker === "you" ? "You: " : "Assistant: "));
        lines.append(element("li", { class: speaker }, who, new Text(text)));
      }
      this.#speaker = speaker;
      this.#open = more;
      lines.scrollTop = lines.scrollHeight;
    }
  }

  class Refused extends Error {
    /** @param {string} code */
    constructor(code) {
      super(code);
      this.name = code;
    }
  }

  /** @param {string} door @param {object} [body] */
  async function ask(door, body) {
    const answer = await fetch(`${host}/widget/${key}/voice/${door}`, {
      method: "POST",
      credentials: "omit",
      referrerPolicy: "origin",
      signal: AbortSignal.timeout(CONNECT_MS),
      ...(body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
    });
    const told = await answer.json();
    if (!answer.ok) throw new Refused(told.error?.code ?? "unknown");
    return told;
  }

  const captions = new Captions();

  class Call {
    #closed = false;
    /** @type {MediaStream | undefined} */
    #microphone;
    /** @type {RTCPeerConnection | undefined} */
    #peer;
    /** @type {{token: string, within_s: number} | undefined} What opens the conversation again, and for how long. */
    #back;
    #audio = new Audio();
    #pinging;

    async begin() {
      captions.clear();
      show("connecting");
      try {
        this.#microphone = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true } });
        if (this.#closed) return this.#release();
        await this.#connect();
      } catch (error) {
        this.fail(error);
      }
    }

    /** @param {string} [resume] the token of a conversation to go on with */
    async #connect(resume) {
      const { token, iceServers } = await ask("start", { resume: resume !== undefined });
      if (this.#closed) return;
      const peer = (this.#peer = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" }));
      peer.addTransceiver(this.#microphone.getAudioTracks()[0], { direction: "sendrecv", streams: [this.#microphone] });
      peer.addEventListener("track", ({ track }) => {
        this.#audio.srcObject = new MediaStream([track]);
        void this.#audio.play();
      });
      const channel = peer.createDataChannel("chat");
      channel.addEventListener("message", ({ data }) => this.#hear(data));
      await peer.setLocalDescription();
      await gathered(peer);
      const { sdp, type } = peer.localDescription;
      const answer = await ask("offer", { token, sdp, type, ...(resume && { resume }) });
      if (this.#closed) return;
      await peer.setRemoteDescription(answer);
      await opened(peer, channel);
      if (this.#closed) return;
      const lost = () => peer === this.#peer && void this.#comeBack();
      channel.addEventListener("close", lost);
      peer.addEventListener("connectionstatechange", () => {
        if (["disconnected", "failed"].includes(peer.connectionState)) lost();
      });
      this.#talk(channel);
    }

    /** Go on over another connection, for as long as the server keeps the conversation. */
    async #comeBack() {
      const back = this.#back;
      this.#back = undefined;
      if (!back) return this.end("lost");
      show("away");
      const until = Date.now() + back.within_s * 1000;
      while (!this.#closed && Date.now() < until) {
        this.#disconnect();
        try {
          return await this.#connect(back.token);
        } catch (error) {
          if (error?.name === "resume_refused") break;
        }
        await new Promise((waited) => setTimeout(waited, AGAIN_MS));
      }
      this.end("lost");
    }

    /** @param {RTCDataChannel} channel */
    #talk(channel) {
      const about = { version: "2.2.0", about: { library: "storeline-widget" } };
      channel.send(JSON.stringify({ label: "rtvi-ai", type: "client-ready", id: "1", data: about }));
      // Says that we are there while the microphone is silent.
      this.#pinging = setInterval(() => this.#ping(channel), PING_MS);
      show("listening");
    }

    /** @param {RTCDataChannel} channel */
    #ping(channel) {
      // A page that took the button away, as those that never reload do, leaves nobody who could hang up.
      if (!place.isConnected) this.cancel();
      else if (channel.readyState === "open") channel.send("ping");
    }

    /** @param {string} text */
    #hear(text) {
      let message;
      try {
        message = JSON.parse(text);
      } catch {
        return;
      }
      const { type, data } = message;
      if (type === "bot-started-speaking") show("speaking");
      else if (type === "bot-stopped-speaking" && place.dataset.state === "speaking") show("listening");
      else if (type === "bot-output" && data.spoken) captions.add("assistant", data.text, { more: true });
      else if (type === "user-transcription") captions.add("you", data.text, { more: !data.final });
      else if (type === "server-message") this.#told(data);
    }

    /** @param {{type: string} & Record<string, any>} message */
    #told(message) {
      if (message.type === "resume-token" || message.type === "resume-now") this.#back = message;
      else if (message.type !== "session-ended") return;
      else if (message.code === HANDED_OFF) void this.#comeBack();
      else this.end(message.code);
    }

    /** @param {number | "lost"} [code] */
    end(code = NORMAL_END) {
      if (this.#closed) return;
      this.#release();
      show("ended", ENDINGS[code] ?? SAYS.ended);
    }

    /** @param {unknown} error */
    fail(error) {
      if (this.#closed) return;
      this.#release();
      show("error", PROBLEMS[error?.name] ?? OTHERWISE);
    }

    cancel() {
      this.#release();
      show("idle");
    }

    get over() {
      return this.#closed;
    }

    #release() {
      this.#closed = true;
      for (const track of this.#microphone?.getTracks() ?? []) track.stop();
      this.#disconnect();
    }

    #disconnect() {
      clearInterval(this.#pinging);
      this.#peer?.close();
      this.#peer = undefined;
      this.#audio.srcObject = null;
    }
  }

  /** @param {RTCPeerConnection} peer */
  function gathered(peer) {
    return new Promise((resolve) => {
      const look = () => peer.iceGatheringState === "complete" && resolve(undefined);
      peer.addEventListener("icegatheringstatechange", look);
      setTimeout(resolve, GATHER_MS);
      look();
    });
  }

  /** @param {RTCPeerConnection} peer @param {RTCDataChannel} channel */
  function opened(peer, channel) {
    return new Promise((resolve, reject) => {
      const refuse = () => reject(new Refused("not_connected"));
      channel.addEventListener("open", resolve);
      peer.addEventListener("connectionstatechange", () => peer.connectionState === "failed" && refuse());
      setTimeout(refuse, CONNECT_MS);
    });
  }

  /** @type {Call | undefined} */
  let call;
  button.addEventListener("click", () => {
    if (!call || call.over) {
      call = new Call();
      void call.begin();
    } else if (place.dataset.state === "connecting") {
      call.cancel();
    } else {
      call.end();
    }
  });
  addEventListener("pagehide", () => call?.over === false && call.cancel());

  show("idle");
  const put = () => document.body.append(place);
  if (document.body) put();
  else addEventListener("DOMContentLoaded", put);
})();
