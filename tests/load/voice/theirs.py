"""The same pipeline as pipecat gives it: FastAPI, its own websocket transport, its defaults. Prints its URL.

What its documentation shows for this transport, with the same doubles; the VAD is pipecat's own.
https://docs.pipecat.ai/api-reference/server/services/transport/fastapi-websocket
"""

import asyncio
import os
import socket
import sys

import uvicorn
from fastapi import FastAPI, WebSocket
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.serializers.protobuf import ProtobufFrameSerializer
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.turns.user_start import VADUserTurnStartStrategy
from pipecat.turns.user_stop import TurnAnalyzerUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner

from server import logs
from tests.doubles import EchoStt, InstantTurn, ScriptedLlm, ToneTts
from tests.load.voice.doubles import ANSWER, HEARD, SECONDS_PER_WORD
from tests.load.voice.speech import RATE_HZ

app = FastAPI()


@app.websocket("/ws")
async def talk(websocket: WebSocket) -> None:
    """One conversation."""
    await websocket.accept()
    transport = FastAPIWebsocketTransport(
        websocket,
        FastAPIWebsocketParams(audio_in_enabled=True, audio_out_enabled=True, serializer=ProtobufFrameSerializer()),
    )
    turns = UserTurnStrategies(
        start=[VADUserTurnStartStrategy()], stop=[TurnAnalyzerUserTurnStopStrategy(turn_analyzer=InstantTurn())]
    )
    user_params = LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer(), user_turn_strategies=turns)
    user, assistant = LLMContextAggregatorPair(LLMContext(), user_params=user_params)
    stt, llm, tts = EchoStt(lambda _audio: HEARD), ScriptedLlm(lambda _question: ANSWER), ToneTts(SECONDS_PER_WORD)
    worker = PipelineWorker(
        Pipeline([transport.input(), stt, user, llm, tts, transport.output(), assistant]),
        params=PipelineParams(audio_in_sample_rate=RATE_HZ, audio_out_sample_rate=RATE_HZ, enable_metrics=True),
    )

    async def gone(_transport: FastAPIWebsocketTransport, _websocket: WebSocket) -> None:
        await worker.cancel()

    transport.add_event_handler("on_client_disconnected", gone)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


def main() -> None:
    """Serve until stdin ends. The first argument is the core."""
    logs.configure("ERROR")
    os.sched_setaffinity(0, {int(sys.argv[1])})
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"ws://127.0.0.1:{listener.getsockname()[1]}/ws", flush=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))

    async def serve() -> None:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await asyncio.to_thread(sys.stdin.readline)
        server.should_exit = server.force_exit = True
        await serving

    asyncio.run(serve())


if __name__ == "__main__":
    main()
