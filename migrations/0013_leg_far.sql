-- What a leg's reports tell (RFC 3550 section 6.4, RFC 3611): how long the way is, how the far end heard us, how losses lay.
ALTER TABLE leg ADD COLUMN burst_ratio DOUBLE PRECISION;
ALTER TABLE leg ADD COLUMN round_trip_ms DOUBLE PRECISION;
ALTER TABLE leg ADD COLUMN far_loss DOUBLE PRECISION;
ALTER TABLE leg ADD COLUMN far_mos DOUBLE PRECISION;
