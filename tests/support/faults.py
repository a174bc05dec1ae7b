"""A proxy between client and server that breaks connections: faults.py PORT HOST:PORT FILE [ftp]. It listens on 127.0.0.1,
and on ::1 where there is such an address.

FILE says what to do with each connection from then on; it is read anew when one is accepted:

    [COUNT] cut-down N     passes on N bytes of what the server sends, then resets both sides
    [COUNT] cut-up N       the same of what the client sends
    [COUNT] refuse         resets at once
    gone SECONDS           resets each connection at once, from the first one on for so long; passes on those that come later
    mute N                 passes everything on until clients have sent N bytes, over all connections; from then on nothing of
                           what the server sends
    [COUNT] hang           reads everything and never answers
    [COUNT] slow N         passes on N bytes a second
    [COUNT] answer TEXT    answers each request's head with TEXT (\\r, \\n as such) and closes
    tunnel                 answers CONNECT, as a proxy does, and passes on to the host that is asked for
    [COUNT] replace A B    passes on, with A replaced by B in what the client sends

With "ftp" the data connections (EPSV) come through here too; cuts then are made in these, muting and
slowness in both, and everything else in the connections for commands.

With COUNT only so many connections are treated so, the others are passed on. An empty file passes everything on. FILE.log gets one line for
each connection: what was done.
"""
import asyncio
import re
import struct
import socket
import sys
import time

PORT, TARGET, FILE, IS_FTP = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:] == ["ftp"]
seen = {"text": None, "left": None, "gone": None, "sent": 0}


def choose(is_data):
    try:
        with open(FILE) as source:
            text = source.read()
    except FileNotFoundError:
        text = ""
    if IS_FTP and text.strip() not in ("", "tunnel") and "mute" not in text and "slow" not in text and is_data != ("cut" in text):
        return "", ""
    words = text.strip("\n").split(" ", 1)
    counted = words[0].isdigit()
    if text != seen["text"]:
        seen.update(text=text, left=int(words[0]) if counted else None, gone=None, sent=0)
    if counted:
        words = words[1].split(" ", 1)
        if seen["left"] == 0:
            return "", ""
        seen["left"] -= 1
    if words[0] == "gone":
        seen["gone"] = seen["gone"] or time.monotonic() + float(words[1])
        return ("gone" if time.monotonic() < seen["gone"] else ""), ""
    return words[0], words[1] if len(words) > 1 else ""


def reset(writer):
    """Closes with a RST, as a machine does that knows nothing of the connection."""
    line = writer.get_extra_info("socket")
    if line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def listen(accept, port):
    server = await asyncio.start_server(accept, "127.0.0.1", port)
    try:
        with_ipv6 = await asyncio.start_server(accept, "::1", server.sockets[0].getsockname()[1])
    except OSError:
        return [server]
    return [server, with_ipv6]


async def relay_data(port):
    """Opens a port that leads to the server's PORT, once."""
    async def accept(reader, writer):
        for server in servers:
            server.close()
        await serve(reader, writer, (TARGET.rsplit(":", 1)[0], port))
    servers = await listen(accept, 0)
    return servers[0].sockets[0].getsockname()[1]


async def tunnel_target(reader, writer):
    """What a CONNECT asks for: host and port."""
    head = await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    return head.split(b" ")[1].decode().rsplit(":", 1)


async def pump(source, target, limit, rate, replace, both, counts=False, mute=None, relays=False):
    done = 0
    while True:
        piece = await source.read(max(rate // 10, 1) if rate else 65536)
        if not piece:
            break
        if replace:
            piece = piece.replace(*replace)
        passive = relays and re.search(rb"^229 .*\(\|\|\|(\d+)\|\)", piece, re.M)
        if passive:
            port = await relay_data(int(passive.group(1)))
            piece = piece[:passive.start(1)] + str(port).encode() + piece[passive.end(1):]
        if limit is not None and done + len(piece) >= limit:
            target.write(piece[:limit - done])
            await target.drain()
            await asyncio.sleep(0.05)
            for writer in both:
                reset(writer)
            return
        done += len(piece)
        if counts:
            seen["sent"] += len(piece)
        if mute is not None and seen["sent"] >= mute:
            continue
        target.write(piece)
        await target.drain()
        if rate:
            await asyncio.sleep(len(piece) / rate)
    if target.can_write_eof() and (mute is None or seen["sent"] < mute):
        target.write_eof()


async def swallow(reader):
    while await reader.read(65536):
        pass


async def serve(reader, writer, data_target=None):
    action, argument = choose(data_target is not None)
    with open(FILE + ".log", "a") as log:
        log.write((action or "pass") + "\n")
    try:
        if action in ("refuse", "gone"):
            reset(writer)
        elif action == "hang":
            await swallow(reader)
        elif action == "answer":
            await reader.readuntil(b"\r\n\r\n")
            writer.write(argument.encode().decode("unicode_escape").encode("latin-1"))
            await writer.drain()
            writer.close()
        else:
            host, port = await tunnel_target(reader, writer) if action == "tunnel" else data_target or TARGET.rsplit(":", 1)
            up_reader, up_writer = await asyncio.open_connection(host.strip("[]"), int(port))
            both = (writer, up_writer)
            rate = int(argument) if action == "slow" else 0
            mute = int(argument) if action == "mute" else None
            replace = tuple(word.encode() for word in argument.split(" ")) if action == "replace" else None
            await asyncio.gather(
                pump(reader, up_writer, int(argument) if action == "cut-up" else None, rate, replace, both, counts=True),
                pump(up_reader, writer, int(argument) if action == "cut-down" else None, rate, None, both, mute=mute,
                     relays=IS_FTP and action != "tunnel"))
            writer.close()
    except (OSError, asyncio.IncompleteReadError, RuntimeError):
        reset(writer)


async def main():
    servers = await listen(serve, PORT)
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main())
