-- Bad ratings after a call that nobody was told of yet: `at` is written when the leads are. Only those are in it, so that a look
-- costs nothing while there are none.
CREATE INDEX followup_untold ON followup (call_id) WHERE kind = 'post_call' AND score <= 2 AND at IS NULL;
