// Enough of it for a header that only names the type.
#pragma once
typedef int pthread_mutex_t;
