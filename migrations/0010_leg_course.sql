-- How a leg sounded over time: loss, jitter and score of each span of some seconds, packed by the program (src/store/course.rs).
ALTER TABLE leg ADD COLUMN course BLOB;
