-- What is reported of the calls that the house makes because a promise is due, in the order of `no`. The promise clock reads
-- each report once, in one transaction with what follows from it, and marks it read.
CREATE TABLE errand_news (
    call_id  TEXT NOT NULL,
    no       BIGINT NOT NULL CHECK (no > 0),
    task     TEXT NOT NULL,
    at       BIGINT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('dialled', 'failed', 'received', 'wrong_unit', 'told', 'acknowledged', 'passed',
                 'citizen_answered', 'citizen_failed', 'connected', 'suits', 'called', 'term', 'result', 'score',
                 'scored', 'because', 'later', 'wants_operator', 'done', 'gave_up')),
    staff    TEXT,
    -- 1 and 0 for yes and no; a score of 1 to 5; a reason of 1 to 3.
    value    BIGINT CHECK (value BETWEEN 0 AND 5),
    ended_by TEXT CHECK (ended_by IN ('citizen', 'operator', 'callee', 'house', 'network')),
    cause    TEXT,
    read_at  BIGINT,
    PRIMARY KEY (call_id, no)
);
CREATE INDEX errand_news_unread ON errand_news (at, call_id, no) WHERE read_at IS NULL;
CREATE INDEX errand_news_by_task ON errand_news (task, at);
