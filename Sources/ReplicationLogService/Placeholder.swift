// ReplicationLogService
