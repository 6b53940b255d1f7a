"""The bus on Apache Kafka. The one folder that imports kafka."""

from hub.bus.kafka.bus import KafkaBus
from hub.bus.kafka.settings import Creating, Security

__all__ = ["Creating", "KafkaBus", "Security"]
