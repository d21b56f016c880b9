-- Domain: one row per item. `sequence` is that of its newest event.
CREATE TABLE item (
    id       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sequence BIGINT UNSIGNED NOT NULL,
    level    INT UNSIGNED NOT NULL,
    spent    BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB;

-- Every accepted command, and with it the answer that was given.
CREATE TABLE command (
    command_id     BINARY(16) NOT NULL,
    item_id        VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sequence       BIGINT UNSIGNED NOT NULL,
    event_id       BINARY(16) NOT NULL,
    fingerprint    BINARY(32) NOT NULL COMMENT 'SHA-256 of the request, to tell a repeat from a reuse',
    accepted_at_us BIGINT NOT NULL,
    PRIMARY KEY (command_id)
) ENGINE = InnoDB;

-- Events to be published. An id tells insertion order, not commit order, except within one
-- aggregate, whose row lock is held from before the insert until the commit.
CREATE TABLE outbox_event (
    id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    event_id       BINARY(16) NOT NULL,
    aggregate_id   VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sequence       BIGINT UNSIGNED NOT NULL,
    shard          TINYINT UNSIGNED NOT NULL COMMENT 'the partition its record goes to',
    schema_version SMALLINT UNSIGNED NOT NULL,
    payload        BLOB NOT NULL COMMENT 'Avro datum without the wire header',
    created_at     TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    settled_at     TIMESTAMP(6) NULL,
    parked_at      TIMESTAMP(6) NULL,
    parked_reason  VARCHAR(255) NULL,
    PRIMARY KEY (id),
    UNIQUE KEY event (event_id),
    KEY unsettled (settled_at, parked_at, shard, id)
) ENGINE = InnoDB;

-- Relays that are alive, so that each can tell its fair share of shards.
CREATE TABLE relay (
    holder     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    expires_at TIMESTAMP(6) NOT NULL,
    PRIMARY KEY (holder)
) ENGINE = InnoDB;

-- Which relay may publish a shard. The epoch grows with each change of hands.
CREATE TABLE relay_lease (
    shard      TINYINT UNSIGNED NOT NULL,
    holder     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    epoch      BIGINT UNSIGNED NOT NULL,
    expires_at TIMESTAMP(6) NOT NULL,
    PRIMARY KEY (shard)
) ENGINE = InnoDB;

INSERT INTO relay_lease (shard, holder, epoch, expires_at)
VALUES (0, '', 0, '1970-01-02'), (1, '', 0, '1970-01-02'), (2, '', 0, '1970-01-02'),
       (3, '', 0, '1970-01-02'), (4, '', 0, '1970-01-02'), (5, '', 0, '1970-01-02');

-- Events whose effect has been applied. The date is the event's own, so that a redelivery finds it,
-- and old days can be dropped a partition at a time. Days are split off `later` as they come near.
CREATE TABLE processed_event (
    event_date DATE NOT NULL,
    event_id   BINARY(16) NOT NULL,
    PRIMARY KEY (event_date, event_id)
) ENGINE = InnoDB
PARTITION BY RANGE COLUMNS (event_date) (PARTITION later VALUES LESS THAN (MAXVALUE));

-- What readers see. `level` and `spent` are sums of effects, so an effect applied twice shows.
CREATE TABLE read_model (
    item_id    VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    version    BIGINT UNSIGNED NOT NULL,
    level      BIGINT NOT NULL,
    spent      BIGINT UNSIGNED NOT NULL,
    summary    JSON NOT NULL,
    updated_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
    PRIMARY KEY (item_id)
) ENGINE = InnoDB;

-- One row per effect in the order applied. No unique key on event_id: a double effect must show.
CREATE TABLE effect_log (
    id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    event_id     BINARY(16) NOT NULL,
    aggregate_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sequence     BIGINT UNSIGNED NOT NULL,
    level_delta  INT NOT NULL,
    cost         INT UNSIGNED NOT NULL,
    applied_at   TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    PRIMARY KEY (id)
) ENGINE = InnoDB;

-- Records that cannot be understood, where to find them, and why.
CREATE TABLE parked_event (
    topic         VARCHAR(249) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    partition_id  INT NOT NULL,
    record_offset BIGINT NOT NULL,
    reason        VARCHAR(512) NOT NULL,
    parked_at     TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    PRIMARY KEY (topic, partition_id, record_offset)
) ENGINE = InnoDB;

-- A stock that many claimants want at once.
CREATE TABLE coupon (
    id     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    stock  INT UNSIGNED NOT NULL,
    issued INT UNSIGNED NOT NULL DEFAULT 0,
    PRIMARY KEY (id)
) ENGINE = InnoDB;

-- Who got one. A claimant gets one at most.
CREATE TABLE coupon_claim (
    coupon_id  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    claimant   VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    claimed_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    PRIMARY KEY (coupon_id, claimant)
) ENGINE = InnoDB;
