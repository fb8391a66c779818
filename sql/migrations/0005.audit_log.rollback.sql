DROP TRIGGER sessions_tell_when_deleted ON sessions;
DROP TRIGGER sessions_tell_when_revoked ON sessions;
DROP FUNCTION tell_that_a_session_ended;
ALTER TABLE sessions DROP CONSTRAINT sessions_revoked_reason_check;
UPDATE sessions SET revoked_reason = 'logout'
WHERE revoked_reason NOT IN ('logout', 'logout_everywhere', 'refresh_token_reused');
ALTER TABLE sessions ADD CONSTRAINT sessions_revoked_reason_check
CHECK (revoked_reason IN ('logout', 'logout_everywhere', 'refresh_token_reused'));
DROP TABLE audit_log;
DROP FUNCTION refuse_to_change_audit_log;
