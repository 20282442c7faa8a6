"""Case management and dispatch: from an event to an answered reporter."""
