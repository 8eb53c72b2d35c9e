"""A guessing game over WebSockets. Whoever connects again continues the same game."""

import asyncio
import json
import os
import random
import signal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

MAX_GAMES = 1000

PAGE = Path(__file__).with_name("index.html").read_text()

# Games are in this process's memory, so a player who connects again must reach this process.
games = {}


def new_game():
    return {"secret": random.randint(1, 100), "guesses": 0}


def game_of(player):
    """Returns the player's game. Deletes the one that was opened longest ago if there are too many."""
    games[player] = games.pop(player, None) or new_game()
    if len(games) > MAX_GAMES:
        del games[next(iter(games))]
    return games[player]


async def play(socket):
    player = parse_qs(urlsplit(socket.request.path).query).get("player", [""])[0]
    game = game_of(player)
    replica = os.environ.get("REPLICA_NAME")
    try:
        await socket.send(json.dumps({"replica": replica, "guesses": game["guesses"]}))
        async for message in socket:
            game["guesses"] += 1
            hint = hint_for(message, game["secret"])
            await socket.send(json.dumps({"hint": hint, "guesses": game["guesses"]}))
            if hint == "right":
                game.update(new_game())
    except ConnectionClosed:
        pass  # The player has left, and may come back.


def hint_for(message, secret):
    try:
        guess = int(message)
    except ValueError:
        return "not a number"
    if guess == secret:
        return "right"
    return "higher" if guess < secret else "lower"


def page(connection, request):
    """Answers requests that do not open a WebSocket, such as those of the readiness probe."""
    if "Upgrade" not in request.headers:
        response = connection.respond(200, PAGE)
        response.headers["Content-Type"] = "text/html; charset=utf-8"
        return response


async def main():
    port = int(os.environ["PORT"])
    async with serve(play, None, port, process_request=page, max_size=1000) as server:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.close)
        await server.wait_closed()


asyncio.run(main())
