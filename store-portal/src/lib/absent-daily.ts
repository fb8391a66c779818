/**
 * In place of `@daily-co/daily-js`: Pipecat's WebRTC transport imports it for a media manager that loads code from a company's
 * network. Ours is `features/assistant/test-call/microphone.ts`.
 */
export default {};
