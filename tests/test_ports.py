"""Ports of tests are no others' ports."""

import socket

import pytest

from tests.ports import free_ports, refusing


def test_a_refusing_port_refuses_and_cannot_be_taken() -> None:
    with refusing() as port:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port))


def test_the_port_of_a_server_that_died_is_held_although_its_connections_linger() -> None:
    (port,) = free_ports(1)
    with socket.create_server(("127.0.0.1", port)) as server:
        client = socket.create_connection(("127.0.0.1", port), timeout=5)
        accepted, _ = server.accept()
        accepted.close()
    client.close()

    with refusing(port), pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_free_ports_are_not_those_of_connections() -> None:
    ports = free_ports(500)

    assert len(set(ports)) == 500
    with socket.socket() as chosen_by_the_kernel:
        chosen_by_the_kernel.bind(("127.0.0.1", 0))
        assert max(ports) < chosen_by_the_kernel.getsockname()[1]
