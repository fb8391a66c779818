"""A caller in a browser, over WebRTC: audio as RTP, RTVI messages on a data channel. aiortc does the protocols.

Pipecat has such a transport, too. This one is our own because that one's queues know no bounds, its messages no limit
of size and its output no pause while nothing is said, and because it takes its imports' word for who may connect.
"""
