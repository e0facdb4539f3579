#!/usr/bin/env escript
%% An echo server on Erlang's ssl: PORT CHAIN KEY CA|-
main([Port, Chain, Key, Authority]) ->
    ok = ssl:start(),
    Trust = case Authority of
        "-" -> [];
        _ -> [{verify, verify_peer}, {fail_if_no_peer_cert, true}, {cacertfile, Authority}]
    end,
    Suites = ssl:cipher_suites(all, 'tlsv1.2'),
    {ok, Listener} = ssl:listen(list_to_integer(Port),
        [{certfile, Chain}, {keyfile, Key}, {versions, ['tlsv1.2']}, {ciphers, Suites}, {ip, {127, 0, 0, 1}},
         {reuseaddr, true}, {active, false}, binary, {nodelay, true} | Trust]),
    io:format("ready~n"),
    accept(Listener).

accept(Listener) ->
    {ok, Accepted} = ssl:transport_accept(Listener),
    Worker = spawn(fun() -> receive go -> serve(Accepted) end end),
    ok = ssl:controlling_process(Accepted, Worker),
    Worker ! go,
    accept(Listener).

serve(Accepted) ->
    case ssl:handshake(Accepted, 60000) of
        {ok, Socket} -> echo(Socket);
        {error, Reason} -> io:format("~p~n", [Reason])
    end.

echo(Socket) ->
    case ssl:recv(Socket, 0) of
        {ok, Data} -> ok = ssl:send(Socket, Data), echo(Socket);
        {error, _} -> ssl:close(Socket)
    end.
