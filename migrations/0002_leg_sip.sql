-- How the legs of a call were signalled: an outgoing leg has a row for each INVITE (a trunk may follow another), an incoming
-- one when it was refused. `far_words` and `offered` are the far end's, cleaned; they never hold a number.
CREATE TABLE leg_sip (
    call_id     TEXT NOT NULL,
    leg_id      BIGINT NOT NULL,
    sip_call_id TEXT NOT NULL,
    at          BIGINT NOT NULL,
    way         TEXT NOT NULL,
    sip_status  BIGINT,
    q850_cause  BIGINT,
    far_words   TEXT NOT NULL,
    offered     TEXT NOT NULL,
    PRIMARY KEY (call_id, leg_id, sip_call_id)
);
CREATE INDEX leg_sip_by_call_id ON leg_sip (sip_call_id);
CREATE INDEX call_by_sip_call_id ON call (sip_call_id);

-- Who saw the numbers in a call's messages.
CREATE TABLE trace_access (
    id      TEXT PRIMARY KEY,
    call_id TEXT NOT NULL,
    at      BIGINT NOT NULL,
    who     TEXT NOT NULL,
    what    TEXT NOT NULL
);
CREATE INDEX trace_access_by_call ON trace_access (call_id, at);
