"""The end of TLS in front of a server that has none: tls_end.py PORT HOST:PORT CERTIFICATE. It listens on 127.0.0.1 and passes everything on."""
import asyncio
import ssl
import sys

PORT, (HOST, _, TARGET_PORT), CERTIFICATE = int(sys.argv[1]), sys.argv[2].rpartition(":"), sys.argv[3]


async def pass_on(reader, writer):
    try:
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def serve(reader, writer):
    try:
        far_reader, far_writer = await asyncio.open_connection(HOST, int(TARGET_PORT))
    except OSError:
        writer.close()
        return
    await asyncio.gather(pass_on(reader, far_writer), pass_on(far_reader, writer))


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    async with await asyncio.start_server(serve, "127.0.0.1", PORT, ssl=context) as server:
        await server.serve_forever()


asyncio.run(main())
