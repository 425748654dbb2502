"""Why a requirement counts as met: tries its checks against right and wrong programs, and says what they looked at."""
