// RedisBus
